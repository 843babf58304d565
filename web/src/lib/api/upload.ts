// The second door to the server, for files: `fetch` does not tell how much of a body has left.
import { m } from '$lib/messages';

import { problemText } from './client';
import type { components } from './schema';

export type Upload = components['schemas']['Upload'];

/** Uploads a file; tells the part that has left, from 0 to 1. Fails with why, in words. */
export function upload(
  file: File,
  key: string,
  progress: (part: number) => void,
  stop: AbortSignal
): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/attachments?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Idempotency-Key', key);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onerror = () => reject(new Error(m.no_connection()));
    request.onabort = () => reject(new Error(m.file_removed()));
    request.onload = () => {
      const answer = read(request.responseText);
      if (request.status === 201) resolve(answer as Upload);
      else reject(new Error(problemText(answer ?? { title: String(request.status) })));
    };
    stop.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
