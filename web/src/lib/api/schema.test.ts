import { readFile } from 'node:fs/promises';

import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { expect, test } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

test('schema.d.ts is fresh: `npm run api` makes it from schema/openapi.json', async () => {
  const nodes = await openapiTS(await read('../../../../schema/openapi.json'));
  expect(await read('./schema.d.ts')).toBe(COMMENT_HEADER + astToString(nodes));
});
