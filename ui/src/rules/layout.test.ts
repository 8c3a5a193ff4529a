import { describe, expect, it } from 'vitest';
import { OVERHAUL } from '../dev/overhaul';
import { layoutOf, pillAt, slotAt } from './layout';
import { pictureOf, type Group } from './picture';

const site = { Task: [{ code: 'new', name: 'New', color: null }] };
const picture = pictureOf(OVERHAUL, site);
const layout = layoutOf(picture, 1.5);
const place = (id: string) => layout.pills.get(id)!;
const pill = (id: string) => picture.pills.get(id)!;

describe('the room of the picture', () => {
  it('knows the pill under a point, and nothing between two', () => {
    const { x, y, width, height } = place('Task:ip');
    expect(pillAt(layout, x + width / 2, y + height / 2)?.id).toBe('Task:ip');
    expect(pillAt(layout, x - 20, y)).toBeNull();
  });

  it('has a slot before and after every status of a column, and none beside it', () => {
    const { x, y, height } = place('Task:ip');
    const before = slotAt(layout, pill('Task:rdy'), x + 10, y + 2)!;
    expect(before).toMatchObject({ group: 'In work', before: 'ip', parked: false });
    const after = slotAt(layout, pill('Task:rdy'), x + 10, y + height - 2)!;
    expect(after).toMatchObject({ group: 'In work', before: 'ncl', parked: false });
    expect(slotAt(layout, pill('Version:cnv'), x + 10, y)).toBeNull();
  });

  it('parks what is let go among the parked, and has them beneath the column', () => {
    const parked = picture.columns.find((column) => column.type === 'Task')!.groups.at(-1)!;
    expect(parked).toMatchObject({ parked: true, id: 'Task/*' });
    const { x, y } = layout.pills.get(parked.pills[0]!.id)!;
    expect(slotAt(layout, pill('Task:ip'), x + 10, y + 4)).toMatchObject({ parked: true });
    expect(y).toBeGreaterThan(place('Task:di').y);
  });

  it('leads links to the head of a group that is folded, and draws none inside it', () => {
    const folded = (group: Group) => group.id === 'Task/In work';
    const small = layoutOf(picture, 1.5, folded);
    const { hidden, y } = small.pills.get('Task:ip')!;
    expect(hidden).toBe(true);
    expect(small.pills.get('Task:ncl')!.y).toBe(y);
    expect(pillAt(small, small.pills.get('Task:ip')!.x + 5, y + 5)).toBeNull();
    expect(small.curves.some((curve) => curve.link.from?.id === 'Task:ip')).toBe(true);
  });

  it('lets no marks of two links lie on each other where there is room', () => {
    const marked = layout.curves.filter((curve) => curve.link.condition !== '' && !curve.spoken);
    const on = marked.flatMap((a, i) =>
      marked
        .slice(i + 1)
        .filter((b) => Math.abs(a.middle.x - b.middle.x) < 20 && Math.abs(a.middle.y - b.middle.y) < 14),
    );
    expect(on).toEqual([]);
  });
});
