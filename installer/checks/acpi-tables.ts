import { type Check } from './finding.ts';

export const acpiTables: Check = {
  id: 'acpi-tables',
  run: (hardware) => {
    const problems = hardware.iommu.tableProblems;
    if (problems.length === 0) return [];
    return [
      {
        id: 'acpi-tables',
        level: 'inform',
        state: 'yes',
        title: 'Faults in the firmware tables of the IOMMU',
        evidence:
          problems.slice(0, 5).join('; ') + (problems.length > 5 ? `; ${problems.length - 5} more` : ''),
        meaning: 'Kernels often use such tables all the same, but may leave devices unprotected.',
        remedy: 'Look for a firmware update from the maker of the board.',
      },
    ];
  },
};
