/**
 * @file de.js
 * Die deutschen Texte. The keys and their places are those of en.js.
 */
export const TEXTS = {
    // ---- The launcher ----
    open: 'Nachrichten öffnen',
    close: 'Nachrichten schließen',
    unread: { one: '{n} ungelesene Nachricht', other: '{n} ungelesene Nachrichten' },
    many: '{n}+',
    loading: 'Wird geladen …',
    loadFailed: 'Die Nachrichten konnten nicht geladen werden. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',

    // ---- The list of conversations ----
    messages: 'Nachrichten',
    conversations: 'Unterhaltungen',
    noConversations: 'Noch keine Nachrichten',
    noConversationsHint: 'Wenn Sie hier jemandem schreiben, erscheint Ihre Unterhaltung an dieser Stelle.',
    noMessageYet: 'Noch keine Nachricht',
    blocked: 'Gesperrt',
    moreConversations: 'Weitere Unterhaltungen zeigen',

    // ---- A conversation ----
    back: 'Zurück zur Liste',
    conversationWith: 'Unterhaltung mit {name}',
    messagesWith: 'Nachrichten mit {name}',
    emptyThread: 'Schreiben Sie die erste Nachricht',
    emptyThreadHint: '{name} erfährt davon, sobald Sie sie senden.',
    answersInMinutes: { one: 'Wir antworten meist innerhalb von {n} Minute', other: 'Wir antworten meist innerhalb von {n} Minuten' },
    answersInHours: { one: 'Wir antworten meist innerhalb von {n} Stunde', other: 'Wir antworten meist innerhalb von {n} Stunden' },
    answersInDays: { one: 'Wir antworten meist innerhalb von {n} Tag', other: 'Wir antworten meist innerhalb von {n} Tagen' },
    olderMessages: 'Frühere Nachrichten zeigen',
    beginning: 'Hier beginnt die Unterhaltung',
    newMessages: { one: '{n} neue Nachricht', other: '{n} neue Nachrichten' },
    toNewest: 'Zur neuesten Nachricht',
    you: 'Sie',
    saidAt: '{name}, {time}',
    announce: '{name}: {text}',
    typing: '{name} schreibt …',
    typingTwo: '{name} und {other} schreiben …',
    typingMany: 'Mehrere schreiben …',
    sending: 'Wird gesendet …',
    waiting: 'Wird gesendet, sobald Sie verbunden sind',
    sent: 'Gesendet',
    seen: 'Gesehen {time}',
    seenAtOnce: 'Gesehen',
    notSent: 'Nicht gesendet',
    retry: 'Noch einmal versuchen',
    drop: 'Löschen',
    edit: 'Bearbeiten',
    retryMessage: 'Noch einmal senden: {text}',
    dropMessage: 'Die nicht gesendete Nachricht löschen: {text}',
    editMessage: 'Die nicht gesendete Nachricht bearbeiten: {text}',
    attachment: 'Datei {name}, {size}',

    // ---- Writing ----
    write: 'Nachricht schreiben',
    send: 'Senden',
    keyHint: 'Die Eingabetaste sendet, mit der Umschalttaste beginnt sie eine neue Zeile.',
    charactersLeft: { one: 'Noch {n} Zeichen', other: 'Noch {n} Zeichen' },
    charactersOver: { one: '{n} Zeichen zu viel', other: '{n} Zeichen zu viel' },

    // ---- The connection ----
    stateConnecting: 'Verbindung wird aufgebaut …',
    stateWaiting: 'Die Verbindung ist unterbrochen. Neuer Versuch …',
    stateOffline: 'Sie sind offline. Was Sie schreiben, wird gesendet, sobald Sie wieder verbunden sind.',
    statePolling: 'Die Verbindung ist langsam: Neue Nachrichten erscheinen nach einigen Sekunden.',
    stateBack: 'Wieder verbunden',
    stateUser: 'Hier hat sich jemand anderes angemeldet. Laden Sie die Seite neu, um fortzufahren.',
    statePolicy: 'Der Server hat die Verbindung beendet. Vielleicht haben Sie keinen Zugang mehr.',

    // ---- What went wrong ----
    signIn: 'Bitte melden Sie sich an, um Nachrichten zu lesen und zu schreiben.',
    signInLink: 'Anmelden',
    problemNetwork: 'Der Server ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
    problemTimeout: 'Es kam rechtzeitig keine Antwort. Versuchen Sie es noch einmal: Die Nachricht kommt nicht doppelt an.',
    problemInterrupted: 'Die Seite wurde während des Sendens geschlossen. Versuchen Sie es noch einmal: Doppelt kommt die Nachricht nicht an.',
    problemInvalid: 'Die Nachricht ist leer oder zu lang.',
    problemBlocked: 'Sie können in dieser Unterhaltung nicht mehr schreiben.',
    problemForbidden: 'Der Server hat das nicht erlaubt. Laden Sie die Seite neu und versuchen Sie es noch einmal.',
    problemGone: 'Diese Unterhaltung ist nicht verfügbar.',
    problemTooLarge: 'Die Nachricht ist zu groß. Kürzen Sie sie, oder senden Sie sie in Teilen.',
    problemType: 'Dateien dieser Art können nicht gesendet werden.',
    problemSpam: 'Die Nachricht wurde nicht angenommen, weil sie wie Werbung aussieht. Bitte formulieren Sie sie anders.',
    problemTooFast: {
        one: 'Das war viel auf einmal. In {n} Sekunde geht es weiter.',
        other: 'Das war viel auf einmal. In {n} Sekunden geht es weiter.',
    },
    problemTooFastSoon: 'Das war viel auf einmal. Bitte warten Sie einen Augenblick.',
    problemBusy: {
        one: 'Der Server ist beschäftigt. In {n} Sekunde kann es noch einmal versucht werden.',
        other: 'Der Server ist beschäftigt. In {n} Sekunden kann es noch einmal versucht werden.',
    },
    problemBusySoon: 'Der Server ist beschäftigt. Bitte versuchen Sie es gleich noch einmal.',
    problemServer: 'Auf dem Server ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal.',
    problemStopped: 'Es besteht keine Verbindung zum Chat. Bitte versuchen Sie es noch einmal.',
    waitIsOver: 'Jetzt geht es weiter.',
    dismiss: 'Hinweis schließen',
};
