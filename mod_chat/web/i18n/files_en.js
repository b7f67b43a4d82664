/**
 * @file files_en.js
 * What is said of files that are sent, in English; beside en.js, as it is loaded with the first file.
 */
export const TEXTS = {
    // ---- Chosen, and not sent yet ----
    filesChosen: 'Files to send',
    fileChosen: '{name}, {size}',
    filesCount: { one: '{n} file is ready to be sent.', other: '{n} files are ready to be sent.' },
    fileRemove: 'Remove {name}',
    fileRemoved: '{name} was removed.',
    filesTooMany: { one: 'At most {n} file can wait to be sent.', other: 'At most {n} files can wait to be sent.' },
    filesTooLarge: 'Together, these files are too large: at most {size} can wait to be sent.',
    filesMoreWrong: { one: '{n} more file cannot be sent.', other: '{n} more files cannot be sent.' },

    // ---- On its way ----
    fileWaiting: 'Waiting…',
    fileSending: 'Sending…',
    fileBusy: 'The server is busy. It goes on by itself.',
    fileOffline: 'Will be sent when you are connected',
    fileProgress: 'Sending {name}',
    fileCancel: 'Cancel',
    fileCancelNamed: 'Cancel sending {name}',
    fileSent: '{name} was sent.',

    // ---- What went wrong ----
    fileType: 'Files of this type cannot be sent.',
    fileInfected: 'The file contains malware and was not sent.',
    fileScanner: 'Files cannot be checked for malware just now. Please try again in a moment.',
    fileEmpty: 'The file is empty.',
    fileTooLarge: 'The file is too large: it may have at most {size}.',
    fileTooLargeSomehow: 'The file is too large.',
    fileQuota: {
        one: 'You have sent too many files. You can go on in {n} minute.',
        other: 'You have sent too many files. You can go on in {n} minutes.',
    },
    fileStorage: 'There is no room for files on the server just now. Please try again later.',
    fileUploads: 'The server is receiving too many files just now. Please try again in a moment.',
    filesOff: 'Files cannot be sent in this chat.',
    fileUnreadable: 'The file cannot be read. Perhaps it was changed or removed; choose it once more.',
};
