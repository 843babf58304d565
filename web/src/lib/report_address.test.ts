import { expect, test } from 'vitest';

import { addressOf, wantedOf } from './report_address';

test.each(['/reports', '/reports?domain=demo.test&kind=tls&days=90', '/reports?days=0'])(
  '%s says what is asked for, and back',
  (address) => {
    expect(addressOf(wantedOf(new URL(address, 'http://desk.test').searchParams))).toBe(address);
  }
);

test('what an address cannot ask for is the usual', () => {
  const wanted = wantedOf(new URLSearchParams('kind=other&days=-3'));
  expect(wanted).toEqual({ domain: '', kind: '', days: 30 });
});
