/**
 * The privacy ledgers of a Node-RED: one for each client of a federation (local) or for the federation (central). A
 * charge is on the disk before it returns, and charges of one ledger follow one another, so nothing leaves unpaid.
 */
import type { Accountant } from '../../lib/privacy/accountant';
import { afterLoss, type PrivacyEvent } from '../../lib/privacy/events';
import { charge, type Ledger, newLedger, parseLedger, spent, withBudget } from '../../lib/privacy/ledger';
import { createStore, type Store } from '../../lib/state/store';
import { type Lease, sharedResource } from '../shared/lease';
import { stateFolder } from '../shared/model';
import type { Red } from '../shared/red';

/** Ledgers held in memory, and rounds of each that are remembered as paid. */
const MOST_HELD = 4096;
const MOST_PAID = 64;

export interface Terms {
  budget: number;
  delta: number;
  accountant: Accountant;
}

export interface Accounts {
  /**
   * Epsilon after one more release under these terms. `once`: a release that was paid under this name already costs
   * nothing more (the updates of one round, which central privacy releases together). Rejects with RefusedError
   * 'budget-exhausted', or when the ledger can be neither read nor written: then nothing may leave.
   */
  charge(name: string, event: PrivacyEvent, terms: Terms, once?: string): Promise<number>;
  settle(): Promise<void>;
}

interface Account {
  ledger?: Ledger;
  paid: string[];
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
      if (account.ledger) accounts.delete(other);
    }
    const made: Account = { paid: [], queue: Promise.resolve() };
    accounts.set(name, made);
    return made;
  }

  async function pay(
    name: string,
    account: Account,
    event: PrivacyEvent,
    terms: Terms,
    once?: string,
  ): Promise<number> {
    const before = account.ledger ?? (await load(store, name, event, terms));
    const ledger = withBudget(before, terms.budget, terms.delta, terms.accountant);
    const client = 'client' in event ? event.client : undefined;
    if (once !== undefined && account.paid.includes(once)) return spent(ledger);
    const after = charge(ledger, event);
    // Until it is written nobody knows what is on the disk: the next charge reads it anew.
    account.ledger = undefined;
    await store.write(name, { json: after, parts: {} });
    account.ledger = after;
    if (once !== undefined) account.paid = [...account.paid, once].slice(-MOST_PAID);
    return spent(after, client);
  }

  return {
    charge(name, event, terms, once) {
      const account = accountOf(name);
      const paid = account.queue.then(() => pay(name, account, event, terms, once));
      account.queue = paid.catch(() => {});
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
