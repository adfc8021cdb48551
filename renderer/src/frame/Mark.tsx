import icon from '../icon.svg';

/** Sluice's icon, beside its name. */
export function Mark({ size }: { size: number }) {
  return <img src={icon} width={size} height={size} alt="" draggable={false} />;
}
