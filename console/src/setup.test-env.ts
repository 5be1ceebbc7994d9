import 'fake-indexeddb/auto';

// happy-dom does not say which mode its documents are in, and KaTeX asks.
Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' });
