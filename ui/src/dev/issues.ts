import { AskError } from '../api';
import type { Ask } from '../api/types/Ask';
import type { IssuesView } from '../api/types/IssuesView';
import type { IssueView } from '../api/types/IssueView';

type IssueAsk = Extract<Ask, { ask: 'issues' | 'acknowledge_issue' | 'resolve_issue' }>;

const MINUTE = 60_000;
const LONG =
  'A rule with a name so long that nobody ever says all of it, and everybody who reads it wonders why it was given one';

/** Issues made up in the window. `issues=`: `none`, `many`, `one`. */
export class PracticeIssues {
  #open: IssueView[];
  #resolved: IssueView[];

  constructor(scene: string, address: URLSearchParams, now: number) {
    const how = address.get('issues') ?? (scene === 'empty' || address.get('sites') === 'none' ? 'none' : null);
    const ago = (minutes: number) => new Date(now - minutes * MINUTE).toISOString();
    const made = how === 'none' ? [] : madeUp(ago, scene === 'long');
    this.#open = how === 'one' ? made.slice(0, 1) : how === 'many' ? many(made, ago) : made;
    this.#resolved =
      how === 'none'
        ? []
        : [
            resolved('Hook “shots”: deaf', 4, ago(2_900), ago(2_700), ago(2_690)),
            resolved('Rule “Work makes the Shot active” is set aside', 1, ago(8_000), ago(8_000), ago(7_910)),
          ];
  }

  /** Open, and acknowledged by nobody. */
  get needed(): number {
    return this.#open.filter(({ state }) => state === 'open').length;
  }

  answer(ask: IssueAsk): IssuesView {
    if (ask.ask !== 'issues') this.#change(ask);
    const loud = (issue: IssueView) => (issue.state === 'open' ? 0 : 1);
    const open = [...this.#open].sort((a, b) => loud(a) - loud(b) || b.last_at.localeCompare(a.last_at));
    return { open, resolved: this.#resolved };
  }

  #change(ask: Exclude<IssueAsk, { ask: 'issues' }>): void {
    const issue = this.#open.find(({ key }) => key === ask.key);
    if (!issue) throw new AskError('not_found', 'There is no such issue any more');
    const now = new Date().toISOString();
    if (ask.ask === 'resolve_issue') {
      this.#open = this.#open.filter((one) => one !== issue);
      this.#resolved = [
        { ...issue, state: 'resolved', resolved_at: now, resolved_by: 'Mara Lindqvist' },
        ...this.#resolved,
      ];
      return;
    }
    const seen: IssueView = {
      ...issue,
      state: 'acknowledged',
      acknowledged_by: 'Mara Lindqvist',
      acknowledged_at: now,
    };
    this.#open = this.#open.map((one) => (one === issue ? seen : one));
  }
}

function issue(key: string, made: Partial<IssueView> & Pick<IssueView, 'kind' | 'title' | 'remedy'>): IssueView {
  const at = new Date().toISOString();
  return {
    key,
    state: 'open',
    number: 1,
    first_at: at,
    last_at: at,
    acknowledged_by: null,
    acknowledged_at: null,
    resolved_at: null,
    resolved_by: null,
    place: null,
    ...made,
  };
}

function resolved(title: string, number: number, first_at: string, last_at: string, resolved_at: string): IssueView {
  const remedy = 'It went by itself.';
  const kind = 'hook_deaf' as const;
  return issue(title, { kind, title, remedy, state: 'resolved', number, first_at, last_at, resolved_at });
}

function madeUp(ago: (minutes: number) => string, long: boolean): IssueView[] {
  return [
    issue('hook_unstable:versions', {
      kind: 'hook_unstable',
      title: 'Hook “versions”: unstable',
      remedy:
        '3 deliveries failed in the last 24 hours: the tunnel answered, this workstation did not (asleep 13:02–13:09). Keep the workstation awake, or run the engine on a server.',
      number: 3,
      first_at: ago(400),
      last_at: ago(35),
      place: { place: 'hook', hook: 'versions' },
    }),
    issue('write_given_up:studio', {
      kind: 'write_given_up',
      title: 'SQ010_0020 comp was not set to Approved',
      remedy:
        'The site refused it 8 times: the field “sg_status_list” is not editable for the script “callboard”. Let its permission group edit Tasks, then replay the event.',
      number: 8,
      first_at: ago(90),
      last_at: ago(62),
      place: { place: 'event', seq: 231 },
    }),
    issue('rule_set_aside:review-drives-task', {
      kind: 'rule_set_aside',
      title: `Rule “${long ? LONG : 'Review drives the Task'}” is set aside`,
      remedy:
        'It would set 212 Tasks for one event, and its limit is 100. Raise the limit if that is meant, then bring the rule back.',
      first_at: ago(34),
      last_at: ago(34),
      place: { place: 'rule', rule: 'version-drives-task' },
    }),
    issue('conflict:SQ020_0110', {
      kind: 'conflict',
      title: 'Two rules want SQ020_0110 differently',
      remedy:
        '“The Shot follows the Task” wants Active, “An omitted Shot omits its Tasks” wants Omit. Nothing was set.',
      number: 2,
      first_at: ago(1_900),
      last_at: ago(1_860),
      state: 'acknowledged',
      acknowledged_by: long ? 'Maximiliane Hohenstaufen-Wittgenstein de la Fuente y Castellanos' : 'Jonas Weber',
      acknowledged_at: ago(1_700),
      place: { place: 'event', seq: 120 },
    }),
  ];
}

function many(made: readonly IssueView[], ago: (minutes: number) => string): IssueView[] {
  return Array.from({ length: 140 }, (_, i) => {
    const one = made[i % made.length]!;
    const name = `show-${String(i + 1).padStart(2, '0')}-status`;
    return {
      ...one,
      key: `${one.key}:${i}`,
      title: one.title.replace('versions', name),
      last_at: ago(i * 7),
      number: i + 1,
    };
  });
}
