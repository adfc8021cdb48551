import { createContext, type RefObject } from 'react';

/** Where menus are put: inside the page's main landmark, so that a screen reader finds them in a place with a name. */
export const LayerContext = createContext<RefObject<HTMLElement | null>>({ current: null });
