#include "chat_unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/chat_metrics.h"
#include "notify/chat_lease.h"

#define LEASE CHAT_COUNTER_SWEEPERS
#define ALARM_S 600 /* ends what a failed test has left behind */

static void use_memory(apr_pool_t *p)
{
    void *memory;

    assert_int_equal(chat_metrics_create(&memory, 0, p), APR_SUCCESS);
    chat_metrics_use(memory);
}

/* A process that has taken the lease, and waits. */
static pid_t start_holder(void)
{
    int ends[2];
    char taken = 0;
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        alarm(ALARM_S);
        taken = chat_lease_take(LEASE) == 0;
        if (write(ends[1], &taken, 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &taken, 1), 1);
    assert_true(taken);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_lease_has_one_holder(void **state)
{
    pid_t holder;

    use_memory(*state);
    holder = start_holder();
    assert_in_range(chat_lease_take(LEASE), 1, CHAT_LEASE_US);
    chat_lease_give(LEASE, 0); /* it is not ours */
    assert_in_range(chat_lease_take(LEASE), 1, CHAT_LEASE_US);
    assert_int_equal(chat_lease_take(LEASE + 1), 0); /* another lease */
    end(holder);
}

static void its_holder_takes_it_again(void **state)
{
    use_memory(*state);
    assert_int_equal(chat_lease_take(LEASE), 0);
    assert_int_equal(chat_lease_take(LEASE), 0);
}

static void that_of_a_process_that_has_ended_is_free(void **state)
{
    use_memory(*state);
    end(start_holder());
    assert_int_equal(chat_lease_take(LEASE), 0);
}

static void what_is_given_back_is_free_when_it_is_due(void **state)
{
    use_memory(*state);
    assert_int_equal(chat_lease_take(LEASE), 0);
    chat_lease_give(LEASE, apr_time_from_sec(86400));
    assert_in_range(chat_lease_take(LEASE), apr_time_from_sec(80000), apr_time_from_sec(86400));
    use_memory(*state);
    assert_int_equal(chat_lease_take(LEASE), 0);
    chat_lease_give(LEASE, 0);
    end(start_holder());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_lease_has_one_holder),
        UNIT_TEST(its_holder_takes_it_again),
        UNIT_TEST(that_of_a_process_that_has_ended_is_free),
        UNIT_TEST(what_is_given_back_is_free_when_it_is_due),
    };

    return cmocka_run_group_tests_name("leases", tests, NULL, NULL);
}
