import { plural } from '../../frame/format';
import type { Translated } from '../../language';
import type { inspector as english } from '../inspector';

/** Words of mending what the check finds. */
export const mends: Translated<(typeof english)['mends']> = {
  setsStatus: 'Stattdessen den Status setzen lassen',
  add: (name, type) => `${name} in die Spalte ${type} aufnehmen`,
  meant: (name) => `Stattdessen ${name} nehmen`,
  takeOut: (name) => `${name} aus der Regel nehmen`,
  takeOutOf: (name, n) => `${name} aus ${plural(n, 'Regel', 'Regeln')} nehmen`,
  off: (rule) => `„${rule}“ ausschalten`,
  offAll: (n) => `${plural(n, 'Regel', 'Regeln')} ausschalten`,
  remove: (rule) => `„${rule}“ entfernen`,
  once: 'Nur die erste behalten',
  ownId: 'Der zweiten eine eigene Id geben',
  onlyOne: (rule) => `Nur „${rule}“ entscheiden lassen`,
  outside: (rule) => `„${rule}“ folgt Menschen und Skripten, nicht Regeln`,
  neverBackwards: (rule) => `„${rule}“ geht nie rückwärts`,
  park: (names) => `${names} parken`,
  siteColor: 'Die Farbe der Site nehmen',
  grey: 'Grau machen',
  plainGroup: 'Die Gruppe ohne Farbe lassen',
  least: 'Den Status dessen nehmen, was am wenigsten weit ist',
  cleared: 'Keinen Status setzen',
  target: (what) => `Stattdessen ${what} setzen`,
  drop: (condition) => `Nicht mehr fragen: ${condition}`,
  unlimited: 'Die Grenze herausnehmen',
  keep: (rule, name) => `„${rule}“ lässt es bei ${name}`,
  on: (rule) => `„${rule}“ einschalten`,
  moments: 'Nach Änderungen fragen',
};
