import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Folders whose code touches nothing outside its arguments. */
export const PURE = [
  'core/**',
  'builder/formats/**',
  'builder/verify/**',
  'builder/resolve/**',
  'builder/graph/**',
  'builder/recipe/**',
  'builder/lock/**',
  'builder/report/**',
  'builder/doctor/**',
  'builder/sandbox/**',
  'installer/checks/**',
  'installer/plan/**',
  'installer/probe/acpi/**',
  'installer/probe/model.ts',
  'installer/medium/manifest.ts',
  'installer/provision/first-boot.ts',
  'runtime/dom0/model/**',
];

export default defineConfig(
  { ignores: ['dist/', 'out/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreUsingDeclarations: true }],
      complexity: ['error', 12],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: PURE,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(node:)?(fs|fs/promises|child_process|http|https|net|os|process)$|^zx',
              message: 'This folder is pure: take what you need as an argument (see ARCHITECTURE.md).',
            },
            { regex: '(^|/)edge/', message: 'Effects stay at the edge: pass a port in.' },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
  },
);
