import { AskError } from '../api';
import type { Place } from '../api/types/Place';

/** A shell made up in a browser. `shell=on`: starts at login; `shell=broken`: the system refuses. */
const how = () => new URLSearchParams(location.search).get('shell');
let atLogin = how() === 'on';

export async function startAtLogin(): Promise<boolean> {
  return atLogin;
}

export async function setStartAtLogin(on: boolean): Promise<boolean> {
  if (how() === 'broken') throw new AskError('bad_request', 'the folder ~/.config/autostart cannot be written');
  atLogin = on;
  return atLogin;
}

export async function speak(_: string): Promise<void> {}

export async function openPage(url: string): Promise<void> {
  if (how() === 'broken') throw new AskError('bad_request', 'this desktop opens no pages: no browser is known to it');
  window.open(url, '_blank', 'noopener,noreferrer');
}

export async function quit(): Promise<void> {
  window.close();
}

export async function onGo(_: (place: Place) => void): Promise<() => void> {
  return () => {};
}
