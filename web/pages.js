/** The demo's pages, in the order of the navigation. A page may stand there several times, each for some of its networks. */
export const PAGES = [
    { file: 'index.html', href: './', title: 'Detect', networks: 'nanodet blazeface own' },
    { file: 'index.html', href: './?network=movenet', title: 'Pose', networks: 'movenet' },
    { file: 'index.html', href: './?network=posenet', title: 'People', networks: 'posenet' },
    { file: 'index.html', href: './?network=blazepose', title: 'Body', networks: 'blazepose' },
    { file: 'spatial.html', href: './spatial.html', title: 'Spatial transformer' },
    { file: 'path.html', href: './path.html', title: 'Path' },
];

/** What Vite builds. */
export const FILES = [...new Set(PAGES.map(({ file }) => file))];

/** @param {string} file the page that it stands on @returns {string} the navigation, as HTML */
export const navigation = (file) => `<nav aria-label="Pages">${PAGES.map((page) =>
    `<a href="${page.href}"${mark(page, file)}>${page.title}</a>`).join('')}</nav>`;

/** Which of the networks is open the page itself marks. @param {typeof PAGES[number]} page @param {string} file */
function mark(page, file) {
    if (page.networks) return ` data-networks="${page.networks}"`;
    return page.file === file ? ' aria-current="page"' : '';
}
