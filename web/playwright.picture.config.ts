import { defineConfig } from '@playwright/test';

import tests from './playwright.config';

// `MXDESK_BINARY=… npm run picture` draws docs/panel.png anew.
export default defineConfig({ ...tests, testMatch: 'picture.ts' });
