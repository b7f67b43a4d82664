/** @file search_de.js What only the search of messages says, in German; keys as in search_en.js. */
export const TEXTS = {
    searchMessages: 'Nachrichten',
    searchBy: '{name}:',
    searchFound: { one: '{n} Nachricht gefunden', other: '{n} Nachrichten gefunden' },
    searchFoundMore: { one: 'Die neueste gefundene Nachricht ({n})', other: 'Die neuesten {n} gefundenen Nachrichten' },
    searchMore: 'Weitere Nachrichten zeigen',
    searchNone: 'In keiner Nachricht stehen diese Wörter',
    searchNoneYet: 'Bisher keine Nachricht mit diesen Wörtern',
    searchTip: 'Alle Wörter müssen in der Nachricht stehen, vom letzten genügt der Anfang. "Wörter in Anführungszeichen" stehen beieinander, ein Minus vor einem Wort schließt Nachrichten damit aus.',
    searchTooMuch: 'Das sind zu viele Wörter. Suchen Sie nach höchstens acht.',
    searchNotYet: 'Die neuesten Nachrichten fehlen vielleicht noch.',
    searchOff: 'Nachrichten können hier nicht durchsucht werden.',
    searchScope: 'Mit {name}',
    searchEverywhere: 'Nur Nachrichten mit {name}. In allen Unterhaltungen suchen',
    searchFindKey: 'Strg+F',
    searchFindHint: '{key} findet nur die Nachrichten, die hier geladen sind.',
    searchFindAll: 'Alle Nachrichten durchsuchen',
};
