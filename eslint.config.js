import js from '@eslint/js';
import globals from 'globals';

const everywhere = Object.fromEntries(Object.keys(globals['shared-node-browser'])
    .concat('WebAssembly', 'VideoFrame', 'ImageData', 'OffscreenCanvas', 'Float16Array')
    .map((name) => [name, 'readonly']));

export default [
    { ignores: ['node_modules/', 'build/', 'types/', 'web/dist/', 'web/models/', 'web/public/', 'tests/output/', 'tests/package/fixtures/**/dist/'] },
    js.configs.recommended,
    {
        languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: { ...globals.browser, ...globals.node } },
        linterOptions: { reportUnusedDisableDirectives: 'error' },
        rules: {
            'eqeqeq': ['error', 'always', { null: 'ignore' }],
            'max-lines': ['error', { max: 400 }],
            'no-eval': 'error',
            'no-implied-eval': 'error',
            'no-new-func': 'error',
            'no-shadow': 'error',
            'no-throw-literal': 'error',
            'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
            'no-useless-rename': 'error',
            'no-var': 'error',
            'object-shorthand': 'error',
            'prefer-const': ['error', { destructuring: 'all' }],
            'prefer-template': 'off',
            'indent': ['error', 4, { SwitchCase: 1, ignoredNodes: ['ConditionalExpression', 'TemplateLiteral *', 'CallExpression > ArrowFunctionExpression'] }],
            'linebreak-style': ['error', 'unix'],
            'max-len': ['error', { code: 180, ignoreUrls: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true, ignoreStrings: true }],
            'no-trailing-spaces': 'error',
            'eol-last': 'error',
            'quotes': ['error', 'single', { avoidEscape: true, allowTemplateLiterals: true }],
            'semi': ['error', 'always'],
        },
    },
    {
        // The library runs in pages, workers and Node alike: it may name only what all of them have.
        files: ['js/**'],
        languageOptions: { globals: everywhere },
        rules: {
            'no-console': 'error',
            'no-restricted-globals': ['error', 'window', 'document', 'self', 'process', 'Buffer', 'global', 'name', 'event', 'length'],
        },
    },
    { files: ['js/draw.js', 'js/camera.js'], languageOptions: { globals: globals.browser } },
];
