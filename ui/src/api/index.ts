import { download } from './download';
import type { ApiError } from './types/ApiError';
import type { ApiErrorCode } from './types/ApiErrorCode';
import type { Ask } from './types/Ask';
import type { Backfilled } from './types/Backfilled';
import type { ComparedDeliveries } from './types/ComparedDeliveries';
import type { DoctorFinding } from './types/DoctorFinding';
import type { Draft } from './types/Draft';
import type { EventDetail } from './types/EventDetail';
import type { Examined } from './types/Examined';
import type { FeedCounts } from './types/FeedCounts';
import type { FeedGroups } from './types/FeedGroups';
import type { FeedPage } from './types/FeedPage';
import type { History } from './types/History';
import type { HookPut } from './types/HookPut';
import type { HooksView } from './types/HooksView';
import type { HookTest } from './types/HookTest';
import type { ImportedRules } from './types/ImportedRules';
import type { Inbox } from './types/Inbox';
import type { IssuesView } from './types/IssuesView';
import type { LiveRules } from './types/LiveRules';
import type { News } from './types/News';
import type { NotesPreview } from './types/NotesPreview';
import type { OutgoingSet } from './types/OutgoingSet';
import type { OutgoingTest } from './types/OutgoingTest';
import type { OutgoingView } from './types/OutgoingView';
import type { Overview } from './types/Overview';
import type { Preferences } from './types/Preferences';
import type { Resumed } from './types/Resumed';
import type { RevisionView } from './types/RevisionView';
import type { RuleSetDiff } from './types/RuleSetDiff';
import type { RulesView } from './types/RulesView';
import type { SiteIn } from './types/SiteIn';
import type { SiteProject } from './types/SiteProject';
import type { Subscription } from './types/Subscription';
import type { Trial } from './types/Trial';
import type { Undone } from './types/Undone';

export interface Answers {
  overview: Overview;
  feed: FeedPage;
  feed_counts: FeedCounts;
  feed_groups: FeedGroups;
  history: History;
  replay: number;
  event: EventDetail;
  rules: LiveRules | null;
  revisions: RevisionView[];
  rule_set: RulesView;
  export_rules: string;
  picture: string;
  compare_rules: RuleSetDiff;
  import_rules: ImportedRules;
  check_rules: RulesView;
  draft: Draft | null;
  save_draft: Draft;
  discard_draft: null;
  go_live: LiveRules;
  roll_back: LiveRules;
  pause: Overview;
  resume: Resumed;
  inbox: Inbox;
  accept: Inbox;
  decline: Inbox;
  undo: Undone;
  undo_cascade: Undone;
  release: Overview;
  try: Trial;
  what_if: number;
  end_what_if: null;
  preview_notes: NotesPreview;
  enter_notes: number[];
  hooks: HooksView;
  compare_deliveries: ComparedDeliveries;
  redeliver: number;
  backfill: Backfilled;
  suggest_subscription: Subscription;
  check_subscription: DoctorFinding[];
  create_hook: HooksView;
  put_hook: HookPut;
  change_hook: HooksView;
  switch_hook: HooksView;
  delete_hook: HooksView;
  test_hook: HookTest;
  examine: Examined;
  sites: SiteIn[];
  put_site: Overview;
  remove_site: Overview;
  outgoing: OutgoingView[];
  set_outgoing: OutgoingSet;
  remove_outgoing: OutgoingView[];
  test_outgoing: OutgoingTest;
  check_reach: DoctorFinding[];
  set_public_address: HooksView;
  site_projects: SiteProject[];
  start_practice: Overview;
  issues: IssuesView;
  acknowledge_issue: IssuesView;
  resolve_issue: IssuesView;
  preferences: Preferences;
  set_preferences: Preferences;
}

export type Connection = 'live' | 'reconnecting' | 'unauthorized';

export interface Listener {
  news(news: News): void;
  /** Called on every change of the line. `live` after `reconnecting` means news may have been missed. */
  connection(state: Connection): void;
}

export interface Backend {
  ask<A extends Ask>(ask: A): Promise<Answers[A['ask']]>;
  listen(listener: Listener): () => void;
}

/** What a question fails with, whichever host answers. `unreachable`: nobody answered at all. */
export class AskError extends Error {
  readonly code: ApiErrorCode | 'unreachable';

  constructor(code: ApiErrorCode | 'unreachable', message: string) {
    super(message);
    this.code = code;
  }

  static from(thrown: unknown): AskError {
    if (thrown instanceof AskError) return thrown;
    if (isApiError(thrown)) return new AskError(thrown.code, thrown.message);
    return new AskError('unreachable', thrown instanceof Error ? thrown.message : String(thrown));
  }
}

export function isApiError(value: unknown): value is ApiError {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/** Keeps a file where people look for one. Its path, or null where the browser keeps it in its own way. */
export async function keepFile(name: string, file: Blob): Promise<string | null> {
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).keepInDownloads(name, file);
  download(name, file);
  return null;
}

export async function connect(): Promise<Backend> {
  if (import.meta.env.DEV) {
    const address = new URLSearchParams(location.search);
    const scene = address.get('dev');
    if (scene) {
      const engine = (await import('../dev/backend')).practiceBackend(scene);
      return address.has('hostile') ? (await import('../dev/hostile')).hostile(engine) : engine;
    }
  }
  if ('__TAURI_INTERNALS__' in window) return (await import('./tauri')).tauriBackend();
  return (await import('./http')).httpBackend();
}
