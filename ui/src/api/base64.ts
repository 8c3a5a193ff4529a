import { S } from '../strings';

/** A file's bytes as Base64. */
export function inBase64(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,/, ''));
    reader.onerror = () => reject(reader.error ?? new Error(S.errors.unreadable));
    reader.readAsDataURL(file);
  });
}
