/** What stands beside the picture. */
export type Panel = 'inspect' | 'try' | 'what_if' | 'compare' | 'revisions';

/** What lies over it until it is answered. */
export type Sheet = 'go_live' | 'import' | 'share';
