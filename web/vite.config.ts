import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale']
    }),
    sveltekit()
  ],
  // `npm run dev` beside `make run`: the API is the real server's.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8025', changeOrigin: true } } },
  test: { include: ['src/**/*.test.ts'] }
});
