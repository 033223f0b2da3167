import { expect, test } from '@playwright/test';

import { LOOKS, PAGES, ROUTES, ROUTES_WRITTEN } from '../harness/pages.mjs';

test('every route of the application is visited, and everything visited is a route', () => {
  expect(ROUTES.length, 'all routes are read').toBe(ROUTES_WRITTEN);
  expect(ROUTES.length).toBeGreaterThan(0);
  expect(Object.keys(PAGES).sort()).toEqual([...ROUTES].sort());
});

test('every page is looked at as it is, before anything is done on it', () => {
  const untouched = ([, looks]: [string, typeof LOOKS]) => looks.some((look) => !look.then);
  expect(Object.entries(PAGES).filter((page) => !untouched(page))).toEqual([]);
});

test('no two looks share a name', () => {
  const names = LOOKS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});
