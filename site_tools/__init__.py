"""What turns the repository's pages, and what plugins say of themselves, into the documentation site.

`hooks` is called by MkDocs. `places` says where a file of the repository lies on the site, `plugin_pages`, `reference`
and `hole_pictures` write the pages and pictures that stand in no file.
"""
