"""Studies from what planners have: GIS layers, a survey database, a folder of another program.

`dispatch.import_study` is the door; every importer gives an `Imported`, and writes nothing itself.
"""
