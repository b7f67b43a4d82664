/**
 * @file typing_text.js
 * Who types in a conversation, as a sentence: the other side types, a colleague among the staff answers.
 */

const TYPING = ['typing', 'typingTwo', 'typingMany'];
const ANSWERING = ['answering', 'answeringTwo', 'answeringMany'];

/** Whether a typer of a conversation (as the API's list has it; null: not known) is a colleague of the user. */
export function isColleague(typer, conversation) {
    return Boolean(conversation?.is_church_owner) && typer.user_id !== conversation.other_user_id;
}

/** null: nobody types. */
export function typingText(i18n, typers, conversation) {
    const others = typers.filter(one => !isColleague(one, conversation));
    const colleagues = typers.filter(one => isColleague(one, conversation));

    return [sentence(i18n, others, TYPING), sentence(i18n, colleagues, ANSWERING)].filter(Boolean).join(' ') || null;
}

/* `keys`: of one, of two, of more. */
function sentence(i18n, [one, other, third], keys) {
    if (!one)
        return null;
    return i18n.t(keys[third ? 2 : other ? 1 : 0], { name: one.display_name, other: other?.display_name });
}
