import inter from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url';
import { inBase64 } from '../../api/base64';
import { S } from '../../strings';

/** A picture that is drawn into a picture sees nothing of the page, so it carries its letters with it. */
export async function withLetters(svg: string): Promise<string> {
  try {
    const font = await inBase64(await (await fetch(inter)).blob());
    const face = `@font-face{font-family:Inter;font-weight:100 900;src:url(data:font/woff2;base64,${font}) format("woff2")}`;
    return svg.replace(/(<svg[^>]*>)/, `$1<style>${face}</style>`);
  } catch {
    // The system's own letters do.
    return svg;
  }
}

export function asAddress(svg: string): string {
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}

/** No side longer than every canvas takes. */
const LONGEST = 16_000;

/** The picture in pixels, so many for each of its own. */
export async function pngOf(svg: string, scale = 2): Promise<Blob> {
  const image = new Image();
  image.src = asAddress(await withLetters(svg));
  await image.decode();
  const size = Math.min(scale, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(image.naturalWidth * size);
  canvas.height = Math.round(image.naturalHeight * size);
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error(S.revise.share.noPen);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!png) throw new Error(S.revise.share.noPen);
  return png;
}
