/**
 * @file files_de.js
 * Was über Dateien gesagt wird, die gesendet werden. The keys and their places are those of files_en.js.
 */
export const TEXTS = {
    // ---- Chosen, and not sent yet ----
    filesChosen: 'Zu sendende Dateien',
    fileChosen: '{name}, {size}',
    filesCount: { one: '{n} Datei kann gesendet werden.', other: '{n} Dateien können gesendet werden.' },
    fileRemove: '{name} entfernen',
    fileRemoved: '{name} wurde entfernt.',
    filesTooMany: { one: 'Höchstens {n} Datei kann auf das Senden warten.', other: 'Höchstens {n} Dateien können auf das Senden warten.' },
    filesTooLarge: 'Zusammen sind diese Dateien zu groß: Höchstens {size} können auf das Senden warten.',
    filesMoreWrong: { one: '{n} weitere Datei kann nicht gesendet werden.', other: '{n} weitere Dateien können nicht gesendet werden.' },

    // ---- On its way ----
    fileWaiting: 'Wartet …',
    fileSending: 'Wird gesendet …',
    fileBusy: 'Der Server ist ausgelastet. Es geht von selbst weiter.',
    fileOffline: 'Wird gesendet, sobald Sie verbunden sind',
    fileProgress: '{name} wird gesendet',
    fileCancel: 'Abbrechen',
    fileCancelNamed: 'Das Senden von {name} abbrechen',
    fileSent: '{name} wurde gesendet.',

    // ---- What went wrong ----
    fileType: 'Dateien dieser Art können nicht gesendet werden.',
    fileInfected: 'Die Datei enthält Schadsoftware und wurde nicht gesendet.',
    fileScanner: 'Dateien können gerade nicht auf Schadsoftware geprüft werden. Bitte versuchen Sie es gleich noch einmal.',
    fileEmpty: 'Die Datei ist leer.',
    fileTooLarge: 'Die Datei ist zu groß: Sie darf höchstens {size} haben.',
    fileTooLargeSomehow: 'Die Datei ist zu groß.',
    fileQuota: {
        one: 'Sie haben zu viele Dateien gesendet. In {n} Minute können Sie fortfahren.',
        other: 'Sie haben zu viele Dateien gesendet. In {n} Minuten können Sie fortfahren.',
    },
    fileStorage: 'Auf dem Server ist gerade kein Platz für Dateien. Bitte versuchen Sie es später noch einmal.',
    fileUploads: 'Der Server empfängt gerade zu viele Dateien. Bitte versuchen Sie es gleich noch einmal.',
    filesOff: 'In diesem Chat können keine Dateien gesendet werden.',
    fileUnreadable: 'Die Datei kann nicht gelesen werden. Vielleicht wurde sie geändert oder entfernt; wählen Sie sie noch einmal aus.',
};
