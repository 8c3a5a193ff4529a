import type { Strings } from '../../strings';
import { doctor } from './doctor';
import { edit } from './edit';
import { event } from './event';
import { change, drawer, feed, outcome, outcomes, words } from './feed';
import { aside, door, errors, frame, pause } from './frame';
import { history } from './history';
import { hooks } from './hooks';
import { inbox } from './inbox';
import { inspector } from './inspector';
import { issues } from './issues';
import { keys } from './keys';
import { language } from './language';
import { notes } from './notes';
import { outgoing } from './outgoing';
import { palette } from './palette';
import { preferences } from './preferences';
import { revise } from './revise';
import { rules } from './rules';
import { sites } from './sites';
import { table } from './table';
import { trial } from './trial';

export const german: Strings = {
  app: 'Callboard',
  doctor,
  edit,
  event,
  history,
  inbox,
  inspector,
  issues,
  language,
  outgoing,
  palette,
  preferences,
  revise,
  table,
  trial,
  frame,
  pause,
  aside,
  notes,
  hooks,
  sites,
  outcomes,
  feed,
  words,
  change,
  outcome,
  drawer,
  rules,
  keys,
  door,
  errors,
};
