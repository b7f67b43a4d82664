/*
 * Prints the statements of the module, as it sends them: bench-statements [<label>]
 *
 * With a label its text; without one the labels and their numbers of parameters, one a line.
 */
#include <stdio.h>
#include <string.h>

#include "store/chat_sql.h"

int main(int argc, char **argv)
{
    int i;

    for (i = 0; i < CHAT_SQL_COUNT; i++) {
        const chat_statement_t *s = &chat_sql_statements[i];

        if (argc < 2) {
            printf("%s %d\n", s->label, s->parameters);
        } else if (strcmp(s->label, argv[1]) == 0) {
            puts(s->text);
            return 0;
        }
    }
    return argc < 2 ? 0 : 1;
}
