import type { SiteProject } from '../api/types/SiteProject';
import type { Session } from '../frame/session.svelte';
import { S } from '../strings';

/** The projects of one site, as the site tells them. */
export class Projects {
  /** None until they are read. */
  told = $state.raw<readonly SiteProject[] | null>(null);
  reading = $state(false);
  /** Why they could not be read, as a sentence. */
  error = $state<string | null>(null);

  #session: Session;
  #site: string | null = null;
  #turn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Reads the projects of this site, once for as long as it is looked at. */
  look(site: string): void {
    if (this.#site === site) return;
    this.#site = site;
    this.told = null;
    void this.read();
  }

  async read(): Promise<void> {
    const site = this.#site;
    if (site === null) return;
    const turn = ++this.#turn;
    this.reading = true;
    this.error = null;
    try {
      const told = await this.#session.backend.ask({ ask: 'site_projects', site });
      if (turn === this.#turn) this.told = told;
    } catch (thrown) {
      if (turn === this.#turn) this.error = S.sites.not.projects(this.#session.sentence(thrown));
    } finally {
      if (turn === this.#turn) this.reading = false;
    }
  }
}
