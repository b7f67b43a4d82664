import { testForeignPages } from './lib/foreign_pages.mjs';

testForeignPages('tls');
