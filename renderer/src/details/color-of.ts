/**
 * A token as a colour that a canvas understands: tokens hold `light-dark()`, which only the cascade resolves, so it is
 * asked through a property of an element that nothing shows.
 */
export function colorOf(element: HTMLElement, token: string): string {
  element.style.outlineColor = `var(${token})`;
  const color = getComputedStyle(element).outlineColor;
  element.style.outlineColor = '';
  return color;
}
