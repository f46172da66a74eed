"""Two small folders of Marxan as text, whose optimum is plain to see, and ways to change them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PLAIN = {
    "input.dat": "Input file for Annealing program.\n\nGeneral Parameters\nBLM 1.0\nRANDSEED -1\nMISSLEVEL 0.9\n"
    "COSTTHRESH 25\nTHRESHPEN1 0\nINPUTDIR input\nPUNAME pu.dat\nSPECNAME spec.dat\nPUVSPRNAME puvspr.dat\n"
    "BOUNDNAME bound.dat\nBLOCKDEFNAME\n",
    "input/pu.dat": "id,cost,status,xloc,yloc\n1,3.5,0,10,20\n2,1,1,11,20\n3,2,0,12,20\n4,5,2,13,20\n5,0.1,3,14,20\n",
    "input/spec.dat": "id,prop,target,spf,targetocc,name\n10,0.5,-1,1,-1,Rocky reef\n20,-1,5,2,2,Kelp\n",
    "input/puvspr.dat": "species,pu,amount\n10,1,5\n10,2,3\n10,5,8\n20,3,4\n20,4,2\n20,2,0\n",
    "input/bound.dat": "id1,id2,boundary\n1,2,1.0\n2,2,0.5\n",
}
"""Unit 4 is in, 5 is out. Feature 10: 0.9 x 8 of 5 + 3, so 1 and 2; feature 20: 4.5 of 2 + 4, so 3: 11.5 in all."""
LEAST_PLAIN = 11.5

ZONES = {
    "input.dat": "BLM 0\nINPUTDIR input\nPUNAME pu.dat\nFEATNAME feat.dat\nPUVSPRNAME puvspr2.dat\n"
    "ZONESNAME zones.dat\nCOSTSNAME costs.dat\nZONECOSTNAME zonecost.dat\nZONECONTRIBNAME zonecontrib.dat\n"
    "ZONETARGETNAME zonetarget.dat\nPULOCKNAME pulock.dat\nPUZONENAME puzone.dat\n"
    "ZONEBOUNDCOSTNAME zoneboundcost.dat\n",
    "input/pu.dat": "id\tarea\tfishing\n1\t1\t10\n2\t2\t10\n3\t4\t10\n4\t8\t10\n",
    "input/feat.dat": "id\ttarget\tfpf\tname\n7\t6\t1\tReef\n",
    "input/puvspr2.dat": "featureid\tpuid\tamount\n7\t1\t4\n7\t2\t4\n7\t3\t4\n7\t4\t4\n",
    "input/zones.dat": "zoneid\tzonename\n1\tavailable\n2\tpartial\n3\treserve\n",
    "input/costs.dat": "costid\tcostname\n1\tarea\n2\tfishing\n",
    "input/zonecost.dat": "zoneid\tcostid\tfraction\n2\t1\t1\n3\t1\t1\n3\t2\t0.5\n",
    "input/zonecontrib.dat": "zoneid\tfeatureid\tfraction\n2\t7\t0.5\n3\t7\t1\n",
    "input/zonetarget.dat": "zoneid\tfeatureid\ttarget\ttargettype\n3\t7\t1\t2\n",
    "input/pulock.dat": "puid\tzoneid\n4\t1\n",
    "input/puzone.dat": "puid\tzoneid\n1\t1\n1\t2\n",
    "input/zoneboundcost.dat": "zoneid1\tzoneid2\tcost\n1\t2\t1\n",
}
"""Unit 4 stays available and 1 may not be reserved. One occurrence is to be in the reserve, and 6 to count in all:
unit 2 reserved (4, at 2 + 0.5 x 10) and 1 partial (2, at 1), 8 in all."""
LEAST_ZONES = 8.0


def write(folder: Path, files: Mapping[str, str | bytes], changes: Mapping[str, str | bytes] | None = None) -> Path:
    """Write a folder, some of its files in another wording."""
    for name, content in {**files, **(changes or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def changed(files: Mapping[str, str], name: str, old: str, new: str) -> dict[str, str]:
    """The files with one text replaced in one of them."""
    assert old in files[name], (name, old)
    return {**files, name: files[name].replace(old, new, 1)}
