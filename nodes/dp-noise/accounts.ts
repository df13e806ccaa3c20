/**
 * The privacy ledgers of a Node-RED: one for each client of a federation (local) or for the federation (central). A
 * charge is on the disk before it returns, and charges of one ledger follow one another, so nothing leaves unpaid.
 */
import type { Accountant } from '../../lib/privacy/accountant';
import { afterLoss, type PrivacyEvent } from '../../lib/privacy/events';
import {
  type Ledger,
  newLedger,
  parseLedger,
  released,
  requireBudget,
  spent,
  withBudget,
} from '../../lib/privacy/ledger';
import { createStore, type Store } from '../../lib/state/store';
import { type Lease, sharedResource } from '../shared/lease';
import { stateFolder } from '../shared/model';
import type { Red } from '../shared/red';
import type { Reckoner } from './reckoner';

/** Ledgers held in memory, and rounds of each that are remembered as paid. */
const MOST_HELD = 4096;
const MOST_PAID = 64;

export interface Terms {
  budget: number;
  delta: number;
  accountant: Accountant;
}

export interface Charging {
  /**
   * A release that was paid under this name already costs nothing more (the updates of one round, which central privacy
   * releases together).
   */
  once?: string | undefined;
  /** Default: on this thread. */
  reckoner?: Pick<Reckoner, 'spent'>;
}

export interface Accounts {
  /**
   * Epsilon after one more release under these terms. Rejects with RefusedError 'budget-exhausted', or when the ledger can
   * be neither read nor written, nor reckoned: then nothing may leave, and nothing is charged.
   */
  charge(name: string, event: PrivacyEvent, terms: Terms, how?: Charging): Promise<number>;
  settle(): Promise<void>;
}

const here: Pick<Reckoner, 'spent'> = { spent: async (ledger, client) => spent(ledger, client) };

interface Account {
  ledger?: Ledger;
  /** Epsilon of anybody by the ledger under these terms, when it was last reckoned. */
  known?: { ledger: Ledger; epsilon: number };
  paid: string[];
  /** Charges that are not done. */
  open: number;
  /** The charges of this ledger, one after the other. */
  queue: Promise<unknown>;
}

async function load(store: Store, name: string, event: PrivacyEvent, { budget, delta }: Terms): Promise<Ledger> {
  const found = await store.read(name);
  if (!found) return newLedger(budget, delta);
  const ledger = parseLedger(found.json);
  if (!found.fallback) return ledger;
  // The newest file was damaged, and the one before it lacks one release.
  return { ...ledger, entries: afterLoss(ledger.entries, event) };
}

export function createAccounts(store: Store): Accounts {
  const accounts = new Map<string, Account>();

  function accountOf(name: string): Account {
    const known = accounts.get(name);
    if (known) return known;
    for (const [other, account] of accounts) {
      if (accounts.size < MOST_HELD) break;
      // One at work is kept: its next charge must see what this one wrote.
      if (account.open === 0) accounts.delete(other);
    }
    const made: Account = { paid: [], open: 0, queue: Promise.resolve() };
    accounts.set(name, made);
    return made;
  }

  /** Of anybody. Many updates of one round ask for the same. */
  async function epsilonOf(account: Account, ledger: Ledger, reckoner: Pick<Reckoner, 'spent'>): Promise<number> {
    const { known } = account;
    const isSame =
      known?.ledger.entries === ledger.entries &&
      known.ledger.delta === ledger.delta &&
      known.ledger.accountant === ledger.accountant;
    if (isSame) return known.epsilon;
    const epsilon = await reckoner.spent(ledger);
    account.known = { ledger, epsilon };
    return epsilon;
  }

  async function pay(
    name: string,
    account: Account,
    event: PrivacyEvent,
    terms: Terms,
    { once, reckoner = here }: Charging,
  ): Promise<number> {
    const before = account.ledger ?? (await load(store, name, event, terms));
    const ledger = withBudget(before, terms.budget, terms.delta, terms.accountant);
    const client = 'client' in event ? event.client : undefined;
    if (once !== undefined && account.paid.includes(once)) return epsilonOf(account, ledger, reckoner);
    const after = released(ledger, event);
    const epsilon = await (client === undefined ? epsilonOf(account, after, reckoner) : reckoner.spent(after, client));
    requireBudget(after, epsilon);
    // Until it is written nobody knows what is on the disk: the next charge reads it anew.
    account.ledger = undefined;
    await store.write(name, { json: after, parts: {} });
    account.ledger = after;
    if (once !== undefined) account.paid = [...account.paid, once].slice(-MOST_PAID);
    return epsilon;
  }

  return {
    charge(name, event, terms, how = {}) {
      const account = accountOf(name);
      account.open++;
      const paid = account.queue.then(() => pay(name, account, event, terms, how));
      account.queue = paid.then(
        () => account.open--,
        () => account.open--,
      );
      return paid;
    },
    async settle() {
      // What is being read or reckoned will be written.
      await Promise.all([...accounts.values()].map(({ queue }) => queue));
      await store.settle();
    },
  };
}

/** One set of ledgers for all fl-dp-noise nodes of a Node-RED: no ledger is written by two of them. */
const leaseFolders = sharedResource<Map<string, Accounts>>(
  () => new Map(),
  async (folders) => {
    await Promise.all([...folders.values()].map((accounts) => accounts.settle()));
  },
);

export function leaseAccounts(RED: Red, closing: AbortSignal): Lease<Accounts> {
  const folders = leaseFolders(RED, closing);
  const folder = stateFolder(RED, 'privacy');
  return {
    async get() {
      const open = await folders.get();
      const accounts = open.get(folder) ?? createAccounts(createStore(folder));
      open.set(folder, accounts);
      return accounts;
    },
  };
}
