/** The demo's pages, in the order of the navigation; what Vite builds. */
export const PAGES = [
    { file: 'index.html', href: './', title: 'Detect' },
    { file: 'spatial.html', href: './spatial.html', title: 'Spatial transformer' },
    { file: 'path.html', href: './path.html', title: 'Path' },
];

/** @param {string} file the page that it stands on @returns {string} the navigation, as HTML */
export const navigation = (file) => `<nav aria-label="Pages">${PAGES.map((page) =>
    `<a href="${page.href}"${page.file === file ? ' aria-current="page"' : ''}>${page.title}</a>`).join('')}</nav>`;
