/** A drawing of a sluice: water held behind a gate, and a measured stream let through below it. */
export function Gate() {
  return (
    <svg width="176" height="104" viewBox="0 0 176 104" fill="none" strokeLinecap="round" aria-hidden="true">
      <g stroke="var(--accent)" strokeWidth="2">
        <path d="M6 44c9-5 18-5 27 0s18 5 27 0 12-4 16-3" />
        <path d="M100 82c9-5 17-5 24 0s15 5 23 0 15-5 23-1" />
      </g>
      <g fill="var(--accent)" opacity="0.13">
        <path d="M6 44c9-5 18-5 27 0s18 5 27 0 12-4 16-3v55H6z" />
        <path d="M76 84h24v12H76zM100 82c9-5 17-5 24 0s15 5 23 0 15-5 23-1v15h-70z" />
      </g>
      <g stroke="var(--field-edge)">
        <path d="M6 97h164" strokeWidth="2" />
        <path d="M76 10v86M100 10v86M70 10h36" strokeWidth="3" />
        <path d="M88 10v14" strokeWidth="2" />
      </g>
      <rect
        x="80"
        y="24"
        width="16"
        height="58"
        rx="2.5"
        fill="var(--surface)"
        stroke="var(--field-edge)"
        strokeWidth="2"
      />
      <path d="M85 35h6M85 47h6M85 59h6M85 71h6" stroke="var(--edge)" strokeWidth="2" />
    </svg>
  );
}
