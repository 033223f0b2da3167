/**
 * The pages there are. A new page is a new line here: it is then checked in both languages, wide and narrow, and
 * photographed. A plain module, because `shots.mjs` reads it without a build step.
 */

export const OPEN_PAGES = [
  '/',
  '/sign-up',
  '/sign-in',
  '/forgot',
  '/terms',
  '/privacy',
  '/sandbox',
  '/sandbox/mail',
];

export const PERSONAL_PAGES = [
  '/dashboard',
  '/payments',
  '/payments/cancelled',
  '/try-on',
  '/video',
  '/gallery',
  '/statement',
  '/account',
];
