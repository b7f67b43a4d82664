/**
 * @file en.js
 * The English texts, and with them the list of all keys: other languages have the same, with the same places.
 */
export const TEXTS = {
    // ---- The launcher ----
    open: 'Open messages',
    close: 'Close messages',
    unread: { one: '{n} unread message', other: '{n} unread messages' },
    many: '{n}+',
    loading: 'Loading…',
    loadFailed: 'The messages could not be loaded. Check your connection and try again.',

    // ---- The list of conversations ----
    messages: 'Messages',
    conversations: 'Conversations',
    noConversations: 'No messages yet',
    noConversationsHint: 'When you write to someone here, your conversation appears in this place.',
    noMessageYet: 'No message yet',
    blocked: 'Blocked',
    moreConversations: 'Show more conversations',

    // ---- A conversation ----
    back: 'Back to the list',
    conversationWith: 'Conversation with {name}',
    messagesWith: 'Messages with {name}',
    emptyThread: 'Write the first message',
    emptyThreadHint: '{name} is told as soon as you send it.',
    answersInMinutes: { one: 'We usually answer within {n} minute', other: 'We usually answer within {n} minutes' },
    answersInHours: { one: 'We usually answer within {n} hour', other: 'We usually answer within {n} hours' },
    answersInDays: { one: 'We usually answer within {n} day', other: 'We usually answer within {n} days' },
    olderMessages: 'Show earlier messages',
    beginning: 'This is where the conversation begins',
    newMessages: { one: '{n} new message', other: '{n} new messages' },
    toNewest: 'Go to the newest message',
    you: 'You',
    saidAt: '{name}, {time}',
    announce: '{name}: {text}',
    typing: '{name} is typing…',
    typingTwo: '{name} and {other} are typing…',
    typingMany: 'Several people are typing…',
    sending: 'Sending…',
    waiting: 'Will be sent when you are connected',
    sent: 'Sent',
    seen: 'Seen {time}',
    seenAtOnce: 'Seen',
    notSent: 'Not sent',
    retry: 'Try again',
    drop: 'Delete',
    edit: 'Edit',
    retryMessage: 'Try again to send: {text}',
    dropMessage: 'Delete the unsent message: {text}',
    editMessage: 'Edit the unsent message: {text}',
    attachment: 'File {name}, {size}',

    // ---- Writing ----
    write: 'Write a message',
    send: 'Send',
    keyHint: 'Enter sends, Shift and Enter begins a new line.',
    charactersLeft: { one: '{n} character left', other: '{n} characters left' },
    charactersOver: { one: '{n} character too many', other: '{n} characters too many' },

    // ---- The connection ----
    stateConnecting: 'Connecting…',
    stateWaiting: 'The connection was lost. Trying again…',
    stateOffline: 'You are offline. What you write is sent when you are back.',
    statePolling: 'The connection is slow: new messages take a few seconds to appear.',
    stateBack: 'Connected again',
    stateUser: 'Somebody else has signed in here. Reload the page to go on.',
    statePolicy: 'The server has ended the connection. You may have no access any more.',

    // ---- What went wrong ----
    signIn: 'Please sign in to read and write messages.',
    signInLink: 'Sign in',
    problemNetwork: 'The server cannot be reached. Check your connection and try again.',
    problemTimeout: 'No answer came in time. Try again: the message will not arrive twice.',
    problemInterrupted: 'The page was closed while this was being sent. Try again: it will not arrive twice.',
    problemInvalid: 'The message is empty or too long.',
    problemBlocked: 'You cannot write in this conversation any more.',
    problemForbidden: 'The server did not allow this. Reload the page and try again.',
    problemGone: 'This conversation is not available.',
    problemTooLarge: 'The message is too large. Shorten it, or send it in parts.',
    problemType: 'Files of this type cannot be sent.',
    problemSpam: 'The message was not accepted because it looks like advertising. Please word it differently.',
    problemTooFast: {
        one: 'That was a lot at once. You can go on in {n} second.',
        other: 'That was a lot at once. You can go on in {n} seconds.',
    },
    problemTooFastSoon: 'That was a lot at once. Please wait a moment.',
    problemBusy: {
        one: 'The server is busy. It can be tried again in {n} second.',
        other: 'The server is busy. It can be tried again in {n} seconds.',
    },
    problemBusySoon: 'The server is busy. Please try again in a moment.',
    problemServer: 'Something went wrong on the server. Please try again.',
    problemStopped: 'There is no connection to the chat. Please try again.',
    waitIsOver: 'You can go on now.',
    dismiss: 'Close this notice',
};
