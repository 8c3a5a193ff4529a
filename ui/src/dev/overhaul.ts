import type { RuleSet } from '../api/types/RuleSet';
import document from './overhaul.json';

/** The template `status-overhaul` of the rules crate, as it stood when this look was made. */
export const OVERHAUL = document as unknown as RuleSet;
