/**
 * @file search_en.js
 * What only the search of messages says, in English; beside en.js, so that others do not load it.
 */
export const TEXTS = {
    searchMessages: 'Messages',
    searchBy: '{name}:',
    searchFound: { one: '{n} message found', other: '{n} messages found' },
    searchFoundMore: { one: 'The newest {n} message that was found', other: 'The newest {n} messages that were found' },
    searchMore: 'Show more messages',
    searchNone: 'No message has these words',
    searchNoneYet: 'No message with these words so far',
    searchTip: 'All words must be in a message; the last one may be its beginning only. "Words in quotes" stand together, a minus before a word leaves messages with it out.',
    searchTooMuch: 'These are too many words. Search for eight at most.',
    searchNotYet: 'The newest messages may be missing.',
    searchOff: 'Messages cannot be searched here.',
    searchScope: 'With {name}',
    searchEverywhere: 'Only messages with {name}. Search all conversations',
    searchFindKey: 'Ctrl+F',
    searchFindHint: '{key} finds only the messages that are loaded here.',
    searchFindAll: 'Search all messages',
};
