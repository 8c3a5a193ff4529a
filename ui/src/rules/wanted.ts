import type { Panel, Sheet } from './panels';

/** What somebody asked the rules view for from outside it: from the command palette, whichever view was open. */
export type Wanted =
  /** Selected and given the focus: a status by its pill's id, a link, a rule. */
  | { kind: 'pill' | 'link' | 'rule'; id: string }
  | { kind: 'panel'; panel: Panel }
  | { kind: 'sheet'; sheet: Sheet }
  | { kind: 'act'; act: Act };

/** What the view does by itself. */
export type Act = 'table' | 'picture' | 'fit' | 'zoom_in' | 'zoom_out' | 'find_status';
