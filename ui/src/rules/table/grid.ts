/** A place in a grid. Row 0 holds the columns' heads, column 0 the rows'; where they meet there is nothing. */
export interface At {
  row: number;
  column: number;
}

/** How many rows and columns there are besides the heads, and how many rows a page has. */
export interface Extent {
  rows: number;
  columns: number;
  page: number;
}

/** Into the grid, if it is not. */
export function within({ row, column }: At, { rows, columns }: Extent): At {
  const at = { row: clamp(row, 0, rows), column: clamp(column, 0, columns) };
  if (at.row > 0 || at.column > 0) return at;
  return columns > 0 ? { row: Math.min(1, rows), column: 1 } : { row: Math.min(1, rows), column: 0 };
}

/** Where a key leads, as grids do it everywhere; none where the key is none of a grid's. */
export function led(at: At, key: string, ctrl: boolean, extent: Extent): At | null {
  const { rows, columns, page } = extent;
  const to = (row: number, column: number): At => {
    const end = { row: clamp(row, 0, rows), column: clamp(column, 0, columns) };
    return end.row === 0 && end.column === 0 ? at : end;
  };
  switch (key) {
    case 'ArrowUp':
      return to(ctrl ? Math.min(1, at.row) : at.row - 1, at.column);
    case 'ArrowDown':
      return to(ctrl ? rows : at.row + 1, at.column);
    case 'ArrowLeft':
      return to(at.row, ctrl ? Math.min(1, at.column) : at.column - 1);
    case 'ArrowRight':
      return to(at.row, ctrl ? columns : at.column + 1);
    case 'Home':
      return ctrl ? to(1, 1) : to(at.row, 1);
    case 'End':
      return ctrl ? to(rows, columns) : to(at.row, columns);
    case 'PageUp':
      return to(Math.max(Math.min(1, at.row), at.row - page), at.column);
    case 'PageDown':
      return to(at.row + page, at.column);
    default:
      return null;
  }
}

function clamp(n: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, n));
}
