import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

// `npm run dev` beside `make run`: the API is the real server's.
const proxy = { '/api': { target: process.env.MXDESK_URL ?? 'http://127.0.0.1:8025' } };

export default defineConfig({
  plugins: [sveltekit()],
  server: { proxy },
  preview: { proxy },
  test: { include: ['src/**/*.test.ts'] }
});
