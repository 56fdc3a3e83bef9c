// Lint rules of the browser scripts; development only (`make check-js`).
import js from '@eslint/js';
import globals from 'globals';

export default [
  {
    files: ['api/pages/page/*.js', 'forms/tasklist/webapp/**/*.js'],
    ...js.configs.recommended,
    languageOptions: {
      ecmaVersion: 2023,
      sourceType: 'module',
      globals: {...globals.browser, angular: 'readonly'},
    },
    rules: {
      ...js.configs.recommended.rules,
      eqeqeq: ['error', 'always', {null: 'ignore'}],
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-shadow': 'error',
      'no-use-before-define': ['error', {functions: false, classes: false, variables: false}],
      'prefer-const': 'error',
      'no-var': 'error',
    },
  },
  {
    files: ['ops/modeler/plugin/*.js'],
    ...js.configs.recommended,
    languageOptions: {ecmaVersion: 2023, sourceType: 'commonjs', globals: {module: 'writable'}},
  },
];
