import type { EntityId } from '../api/types/EntityId';
import type { ProjectMode } from '../api/types/ProjectMode';
import type { SiteIn } from '../api/types/SiteIn';
import type { SiteProject } from '../api/types/SiteProject';
import type { ProjectWrite } from '../strings/sites';

/** What may be chosen for a project of its own, from nothing to all. */
export const PROJECT_MODES: readonly ProjectWrite[] = ['off', 'watch', 'ask', 'act'];

/** From so many projects on there is a box to find one by its name. */
export const FIND_FROM = 8;

/** More rows than this are found by typing. */
export const MOST = 200;

export interface ProjectRow {
  id: EntityId;
  name: string;
  /** None: as all others. */
  write: ProjectWrite | null;
  archived: boolean;
  /** Chosen here, and not among what the site told: deleted there, or hidden from the script. */
  isGone: boolean;
}

export interface ProjectRows {
  /** In use on the site. */
  active: ProjectRow[];
  /** Archived on the site, and not chosen here. */
  archived: ProjectRow[];
}

/**
 * The rows of the table. What is chosen stays in sight, archived or gone or not; without the site's word only that is known.
 * `first`: the ids of those that stand above the others, whatever is chosen since, so that no row moves when one is chosen.
 */
export function rowsOf(
  listed: readonly ProjectMode[],
  told: readonly SiteProject[] | null,
  text: string,
  first: ReadonlySet<string> = new Set(),
): ProjectRows {
  const chosen = new Map(listed.map((project) => [String(project.id), project]));
  const known = new Set(told?.map(({ id }) => String(id)));
  const rows: ProjectRow[] = [
    ...(told ?? []).map(({ id, name, archived }) => ({
      id,
      name,
      archived,
      write: writeOf(chosen.get(String(id))),
      isGone: false,
    })),
    ...listed
      .filter(({ id }) => !known.has(String(id)))
      .map((project) => ({
        id: project.id,
        name: project.name,
        write: writeOf(project),
        archived: false,
        isGone: told !== null,
      })),
  ].sort((a, b) => rank(a, first) - rank(b, first) || a.name.localeCompare(b.name));
  const words = text.trim().toLowerCase();
  const fits = rows.filter((row) => row.name.toLowerCase().includes(words));
  return {
    active: fits.filter((row) => !row.archived || row.write !== null),
    archived: fits.filter((row) => row.archived && row.write === null),
  };
}

function rank(row: ProjectRow, first: ReadonlySet<string>): number {
  return first.has(String(row.id)) ? 0 : 1;
}

function writeOf(project: ProjectMode | undefined): ProjectWrite | null {
  return PROJECT_MODES.find((mode) => mode === project?.write) ?? null;
}

/** The projects that have a mode of their own, after one was chosen for this project; null: as all others again. */
export function withMode(
  listed: readonly ProjectMode[],
  { id, name }: Pick<ProjectRow, 'id' | 'name'>,
  write: ProjectWrite | null,
): ProjectMode[] {
  const others = listed.filter((project) => String(project.id) !== String(id));
  const all = write === null ? others : [...others, { id, name, write }];
  return all.sort((a, b) => a.name.localeCompare(b.name));
}

/** What holds for all projects that have no mode of their own. */
export function othersOf({ write, only_listed }: Pick<SiteIn, 'write' | 'only_listed'>): ProjectWrite {
  return only_listed ? 'off' : (PROJECT_MODES.find((mode) => mode === write) ?? 'watch');
}
