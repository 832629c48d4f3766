# The installed files and their places, and the Debian package that CPack makes of them.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(synfin_libraries synfin_core synfin_cli synfin_capture synfin_enrich synfin_filter synfin_inventory synfin_report synfin_view synfin_log synfin_sandbox synfin_net synfin_notify synfin_metrics synfin_publish synfin_store)
set(synfin_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/synfin)

install(TARGETS synfin COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/man/synfin.1 ${PROJECT_SOURCE_DIR}/tools/man/synfin-diff.1 ${PROJECT_SOURCE_DIR}/tools/man/synfin-path.1
  ${PROJECT_SOURCE_DIR}/tools/man/synfin-report.1 ${PROJECT_SOURCE_DIR}/tools/man/synfin-connections.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/man/synfin.conf.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 COMPONENT program)
foreach(page views records enrichment live inventory notify store export security)
  install(FILES ${PROJECT_SOURCE_DIR}/tools/man/synfin-${page}.7 DESTINATION ${CMAKE_INSTALL_MANDIR}/man7 COMPONENT program)
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/tools/completions/synfin.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME synfin COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/completions/_synfin DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/completions/synfin.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
        COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/service/synfin.conf ${PROJECT_SOURCE_DIR}/tools/service/synfin.logrotate
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/service/synfin.service ${PROJECT_SOURCE_DIR}/tools/service/synfin@.service
        DESTINATION lib/systemd/system COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/service/synfin.sysusers DESTINATION lib/sysusers.d RENAME synfin.conf COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/report/report.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/synfin COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/tools/grafana/synfin-metrics.json ${PROJECT_SOURCE_DIR}/tools/grafana/synfin-clickhouse.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/synfin/grafana COMPONENT program)
# The script fetches databases into the folder where an installed synfin searches for them.
install(PROGRAMS ${PROJECT_SOURCE_DIR}/geoip/update DESTINATION ${CMAKE_INSTALL_DATADIR}/synfin/geoip COMPONENT program)
install(FILES ${PROJECT_SOURCE_DIR}/geoip/make-asn-mmdb.mjs ${PROJECT_SOURCE_DIR}/geoip/README.md
        DESTINATION ${CMAKE_INSTALL_DATADIR}/synfin/geoip COMPONENT program)
# Debian's name for the licence.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT program)

# find_package(synfin) provides synfin::core, synfin::capture, …; app is not a library for others.
install(TARGETS ${synfin_libraries} EXPORT synfin-targets COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/synfin DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT synfin-targets NAMESPACE synfin:: DESTINATION ${synfin_config_dir} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/synfin-config.cmake.in ${PROJECT_BINARY_DIR}/synfin-config.cmake
                              INSTALL_DESTINATION ${synfin_config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/synfin-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/synfin-config.cmake ${PROJECT_BINARY_DIR}/synfin-config-version.cmake
        DESTINATION ${synfin_config_dir} COMPONENT development)

# After a build, `cpack` writes synfin_VERSION_ARCH.deb with the program and its pages. The libraries are not packaged.
set(CPACK_GENERATOR DEB)
# As Debian's tools do, the package names the person who builds it. The default is a reserved domain, because lintian calls
# localhost an error.
set(maintainer "The synfin authors <synfin@example.org>")
if(DEFINED ENV{DEBEMAIL})
  set(maintainer "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
endif()
set(CPACK_PACKAGE_CONTACT "${maintainer}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "passive recorder of TCP connections")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
    "synfin follows each TCP connection from SYN to FIN, on interfaces or in
capture files. It reports who connects to whom, for how long, how many bytes
each side sent, who closed the connection, and why an attempt failed: refused,
unanswered, unreachable or half-open. It only watches packets; it sends none.

It prints summaries, event lines and tables, shows them on a full screen, and
writes connection logs with Zeek's columns (TSV, JSON, CSV) and reports (text,
HTML, Markdown, JSON, CSV).")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME synfin)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded when a message is sent, metrics are served or records are published, so that dpkg-shlibdeps does not find it.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "libcurl4 (>= 7.85), libmicrohttpd12 (>= 0.9.75), librdkafka1 (>= 2.0)")
# apt installs what is recommended. hwdata comes first, because ieee-data brings cron and a mail server, and tor-geoipdb is only
# suggested, because it brings and starts tor.
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "netbase, hwdata | ieee-data")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "tor-geoipdb")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/tools/service/postinst ${PROJECT_SOURCE_DIR}/tools/service/prerm
    ${PROJECT_SOURCE_DIR}/tools/service/postrm)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/SynfinDebian.cmake)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/SynfinPackage.cmake)
include(CPack)
