/**
 * @file bell_en.js
 * What only the bell says, in English; beside en.js, so that others do not load it.
 */
export const TEXTS = {
    bell: 'Notifications',
    bellNew: { one: '{n} new', other: '{n} new' },
    bellClose: 'Close notifications',
    bellMarkAll: 'Mark all as read',
    bellMarked: 'All notifications are marked as read.',
    bellNone: 'Nothing new',
    bellNoneHint: 'When somebody writes to you, you see it here.',
    bellMore: 'Show more',
    bellAll: 'All messages',
    bellSettings: 'Settings',
    bellBack: 'Back to the notifications',

    // ---- Settings ----
    bellPush: 'Pushes to this device',
    bellPushNote: 'They tell you of new messages also when this site is closed.',
    bellPushNone: 'This browser cannot show pushes. On an iPhone or iPad, first add this site to the home screen.',
    bellPushDenied: 'This browser does not let this site show pushes. Its settings can change that.',
    bellPushFailed: 'This browser could not be registered for pushes. Try again later.',
    bellMail: 'Tell me by mail',
    bellMailOff: 'Never',
    bellMailInstant: 'When I have not read a message for some minutes',
    bellMailDigest: 'Once a day, all messages together',
    bellMailTo: 'Mails go to {address}.',
    bellMailNone: 'This site does not know your mail address.',
    bellMailFailing: 'Mails to {address} came back, so that no more are sent.',
    bellMailRetried: 'Mails are sent again.',
    bellMailNo: 'This site does not send mails.',
    bellDigestAt: 'At this time',
    bellQuiet: 'Quiet hours, without mails and pushes',
    bellFrom: 'From',
    bellTo: 'To',
    bellLanguage: 'Language of mails',
    bellZone: 'Times are in the time zone {zone}.',
    bellSave: 'Save',
    bellSaved: 'Saved',
    bellNotSaved: 'Not saved.',
    bellRefused: 'The server does not accept this.',
};
