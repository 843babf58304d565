import adapter from '@sveltejs/adapter-static';

/** The panel is static files, embedded into the binary: one page that routes by itself. */
export default {
  kit: {
    adapter: adapter({ pages: 'build', fallback: 'index.html', precompress: true })
  }
};
