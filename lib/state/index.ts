export { safeName } from './names';
export { createStore, type Found, type StateRecord, type Store } from './store';
