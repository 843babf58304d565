// The panel runs in the browser alone: the binary serves one page and the API.
export const ssr = false;
export const prerender = false;
