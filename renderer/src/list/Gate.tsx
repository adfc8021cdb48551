/** A drawing of a sluice: water held behind a gate, and a thin stream let through. */
export function Gate() {
  return (
    <svg width="168" height="104" viewBox="0 0 168 104" fill="none" aria-hidden="true">
      <path d="M4 46c9-6 18-6 27 0s18 6 27 0 14-5 20-3v41H4z" fill="var(--accent)" opacity="0.12" />
      <path d="M4 46c9-6 18-6 27 0s18 6 27 0 14-5 20-3" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" />
      <path d="M92 80c8-4 16-4 24 0s16 4 24 0 16-4 24 0v4H92z" fill="var(--accent)" opacity="0.12" />
      <path d="M92 80c8-4 16-4 24 0s16 4 24 0 16-4 24 0" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" />
      <path d="M74 8v88M96 8v88" stroke="var(--field-edge)" strokeWidth="3" strokeLinecap="round" />
      <path d="M68 8h34" stroke="var(--field-edge)" strokeWidth="3" strokeLinecap="round" />
      <rect
        x="77"
        y="22"
        width="16"
        height="48"
        rx="2"
        fill="var(--frame)"
        stroke="var(--field-edge)"
        strokeWidth="2"
      />
      <path d="M81 32h8M81 42h8M81 52h8M81 62h8" stroke="var(--edge)" strokeWidth="2" strokeLinecap="round" />
      <path d="M85 8v14" stroke="var(--field-edge)" strokeWidth="2" />
      <path d="M4 96h160" stroke="var(--edge)" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
