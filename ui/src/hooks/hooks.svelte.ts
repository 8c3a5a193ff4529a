import type { Ask } from '../api/types/Ask';
import type { ComparedDeliveries } from '../api/types/ComparedDeliveries';
import type { HookIn } from '../api/types/HookIn';
import type { HookTest } from '../api/types/HookTest';
import type { HooksView } from '../api/types/HooksView';
import type { LogView } from '../api/types/LogView';
import type { NewHook } from '../api/types/NewHook';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';
import { orderOf } from './health';

/** While the view is open, figures are asked again so often. */
const REFRESH = 30_000;
/** News of the overview come with every burst of events; the hooks are asked again this much later. */
const AFTER_NEWS = 3_000;

export interface Test {
  hook: string;
  answer: HookTest | null;
}

export interface Comparison {
  hook: string;
  answer: ComparedDeliveries | null;
  /** Why it could not be made, as a sentence. */
  error: string | null;
  reading: boolean;
  /** When it was made; null: not yet. */
  at: Date | null;
  /** What the last command about these deliveries came to. */
  said: string | null;
}

type HooksAsk = Extract<
  Ask,
  { ask: 'create_hook' | 'change_hook' | 'switch_hook' | 'delete_hook' | 'set_public_address' }
>;

/** The hooks as the window shows them, and what may be done with them. */
export class Hooks {
  phase = $state<'loading' | 'ready' | 'broken'>('loading');
  view = $state.raw<HooksView | null>(null);
  error = $state<string | null>(null);
  chosen = $state<string | null>(null);
  order = $state.raw<readonly string[]>([]);
  /** Whether somebody points at the list: nothing moves in it then. */
  hold = $state(false);
  text = $state('');
  sheet = $state<'new' | 'change' | null>(null);
  test = $state.raw<Test | null>(null);
  comparison = $state.raw<Comparison | null>(null);
  /** The command that is on its way. */
  busy = $state<HooksAsk['ask'] | 'put_hook' | 'redeliver' | 'backfill' | null>(null);

  readonly list = $derived(
    this.order.flatMap((name) => this.view?.hooks.filter((hook) => hook.health.name === name) ?? []),
  );
  readonly visible = $derived(
    this.list.filter((hook) => hook.health.name.toLowerCase().includes(this.text.trim().toLowerCase())),
  );
  /** The address under which sites reach this receiver. */
  readonly publicAddress = $derived(this.view?.public_address ?? null);
  readonly hook = $derived(this.list.find((hook) => hook.health.name === this.chosen) ?? null);

  #session: Session;
  #turn = 0;
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** While the view is open. */
  start(): () => void {
    void this.load();
    const silence = this.#session.read({
      rows: () => {},
      refresh: () => void this.load(),
      overview: () => {
        this.#soon ??= setTimeout(() => void this.load(), AFTER_NEWS);
      },
    });
    const again = setInterval(() => void this.load(), REFRESH);
    return () => {
      silence();
      clearInterval(again);
      clearTimeout(this.#soon);
      this.#soon = undefined;
      this.hold = false;
    };
  }

  async load(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const turn = ++this.#turn;
    try {
      const view = await this.#session.backend.ask({ ask: 'hooks' });
      if (turn === this.#turn) this.#show(view);
    } catch (thrown) {
      if (turn !== this.#turn) return;
      // What was read before stays in sight; only a view that has nothing to show is broken.
      this.error = this.#session.sentence(thrown);
      if (this.view === null) this.phase = 'broken';
    }
  }

  choose(name: string | null): void {
    this.chosen = name;
  }

  step(by: number): void {
    const at = this.visible.findIndex((hook) => hook.health.name === this.chosen);
    const next = this.visible[Math.min(this.visible.length - 1, Math.max(0, at + by))];
    if (next) this.choose(next.health.name);
  }

  /** Nobody points at the list any more: it may come into order. */
  letGo(): void {
    this.hold = false;
    if (this.view) this.order = orderOf(this.view.hooks, this.order, false);
  }

  /** How a site's log is read, by the freshest word there is. */
  log(site: string): LogView | null {
    const told = this.#session.overview?.sites.find((one) => one.name === site)?.log;
    return told ?? this.view?.logs.find((log) => log.site === site) ?? null;
  }

  async runTest(name: string): Promise<void> {
    if (this.test !== null && this.test.answer === null) return;
    this.test = { hook: name, answer: null };
    try {
      const answer = await this.#session.backend.ask({ ask: 'test_hook', hook: name });
      this.test = { hook: name, answer };
      void this.load();
    } catch (thrown) {
      this.test = null;
      this.#session.trouble = S.hooks.not.tested(name, this.#session.sentence(thrown));
    }
  }

  /** `said`: what a command about these deliveries has come to. */
  async compare(name: string, said: string | null = null): Promise<void> {
    const before = this.comparison?.hook === name ? this.comparison : null;
    const mine: Comparison = {
      hook: name,
      answer: before?.answer ?? null,
      error: null,
      reading: true,
      at: before?.at ?? null,
      said,
    };
    this.comparison = mine;
    const settle = (change: Partial<Comparison>) => {
      if (this.comparison?.hook === name) this.comparison = { ...this.comparison, reading: false, ...change };
    };
    try {
      const answer = await this.#session.backend.ask({ ask: 'compare_deliveries', hook: name, days: 7 });
      settle({ answer, at: new Date() });
    } catch (thrown) {
      settle({ error: this.#session.sentence(thrown) });
    }
  }

  async redeliver(name: string, deliveries: string[]): Promise<boolean> {
    return this.#aboutDeliveries(name, 'redeliver', S.hooks.not.redelivered, async () => {
      const n = await this.#session.backend.ask({ ask: 'redeliver', hook: name, deliveries });
      return S.hooks.deliveries.redelivered(n);
    });
  }

  async backfill(name: string, site: string, entries: number[]): Promise<boolean> {
    return this.#aboutDeliveries(name, 'backfill', S.hooks.not.backfilled, async () => {
      const came = await this.#session.backend.ask({ ask: 'backfill', site, entries });
      return S.hooks.deliveries.backfilled(came.new, came.known, came.gone);
    });
  }

  /** `said`: whoever asked shows by itself that the hook is made. */
  async create(hook: NewHook, said = false): Promise<boolean> {
    const made = await this.#command({ ask: 'create_hook', hook }, S.hooks.not.created);
    if (!made) return false;
    this.text = '';
    this.choose(hook.name);
    if (!said) this.#session.say(S.hooks.done.created(hook.name));
    return true;
  }

  /**
   * Makes or changes a hook of a site that is only heard. The answer is the secret to enter there: the one that was sent, or that the
   * engine made; null where the kept one stays; false where it failed.
   */
  async put(hook: HookIn): Promise<string | null | false> {
    let made: string | null = null;
    const put = async () => {
      const answer = await this.#session.backend.ask({ ask: 'put_hook', hook });
      made = answer.secret;
      return answer.hooks;
    };
    if (!(await this.#run('put_hook', put, (why) => S.hooks.not.put(hook.name, why)))) return false;
    this.text = '';
    this.choose(hook.name);
    return made ?? hook.secret ?? null;
  }

  async change(hook: NewHook, newSecret: boolean): Promise<boolean> {
    const changed = await this.#command({ ask: 'change_hook', hook, new_secret: newSecret }, (why) =>
      S.hooks.not.changed(hook.name, why),
    );
    if (changed) this.#session.say(S.hooks.done.changed(hook.name));
    return changed;
  }

  /** A new secret, and all else as the site has it. */
  async renewSecret(name: string): Promise<void> {
    const hook = this.list.find((one) => one.health.name === name);
    if (!hook?.webhook) return;
    const { subscription, projects, batched, validates_certificate } = hook.webhook;
    const same = { name, site: hook.health.site, subscription, projects, batched, validates_certificate };
    const changed = await this.#command({ ask: 'change_hook', hook: same, new_secret: true }, (why) =>
      S.hooks.not.changed(name, why),
    );
    if (changed) this.#session.say(S.hooks.done.secret(name));
  }

  async turn(name: string, on: boolean): Promise<void> {
    const not = (why: string) => (on ? S.hooks.not.on(name, why) : S.hooks.not.off(name, why));
    if (await this.#command({ ask: 'switch_hook', hook: name, on }, not))
      this.#session.say(on ? S.hooks.done.on(name) : S.hooks.done.off(name));
  }

  async remove(name: string): Promise<void> {
    const next = this.visible[this.visible.findIndex((hook) => hook.health.name === name) + 1];
    if (!(await this.#command({ ask: 'delete_hook', hook: name }, (why) => S.hooks.not.removed(name, why)))) return;
    if (next) this.choose(next.health.name);
    this.#session.say(S.hooks.done.removed(name));
  }

  /** Sets the address under which sites reach this receiver; null: there is none. */
  async setAddress(address: string | null): Promise<boolean> {
    return this.#command({ ask: 'set_public_address', address }, S.sites.not.address);
  }

  #show(view: HooksView): void {
    this.view = view;
    this.phase = 'ready';
    this.error = null;
    this.order = orderOf(view.hooks, this.order, this.hold);
    if (!view.hooks.some((hook) => hook.health.name === this.chosen)) this.chosen = this.order[0] ?? null;
  }

  #command(ask: HooksAsk, not: (why: string) => string): Promise<boolean> {
    return this.#run(ask.ask, () => this.#session.backend.ask(ask), not);
  }

  async #run(
    what: HooksAsk['ask'] | 'put_hook',
    act: () => Promise<HooksView>,
    not: (why: string) => string,
  ): Promise<boolean> {
    if (this.busy !== null) return false;
    this.busy = what;
    try {
      const view = await act();
      this.#turn += 1;
      this.#show(view);
      this.#session.trouble = null;
      return true;
    } catch (thrown) {
      this.#session.trouble = not(this.#session.sentence(thrown));
      return false;
    } finally {
      this.busy = null;
    }
  }

  async #aboutDeliveries(
    name: string,
    what: 'redeliver' | 'backfill',
    not: (why: string) => string,
    act: () => Promise<string>,
  ): Promise<boolean> {
    if (this.busy !== null) return false;
    this.busy = what;
    try {
      const said = await act();
      void this.compare(name, said);
      return true;
    } catch (thrown) {
      this.#session.trouble = not(this.#session.sentence(thrown));
      return false;
    } finally {
      this.busy = null;
    }
  }
}
